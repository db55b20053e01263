import Activity from "@/screens/activity/activity";

export const metadata = { title: "Activity" };

export default function Page() {
  return <Activity />;
}
