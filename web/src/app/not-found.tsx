import { Absent } from "@/screens/shell/absent";

export const metadata = { title: "Not found" };

export default function NotFound() {
  return <Absent />;
}
