import Runs from "@/screens/runs/runs";

export const metadata = { title: "Runs" };

export default function Page() {
  return <Runs />;
}
