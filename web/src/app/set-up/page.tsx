import SetUp from "@/screens/entry/set-up";

export const metadata = { title: "Set up" };

export default function Page() {
  return <SetUp />;
}
