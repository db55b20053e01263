import Start from "@/screens/start/start";

export const metadata = { title: "First backup" };

export default function Page() {
  return <Start />;
}
