import Exports from "@/screens/exports/exports";

export const metadata = { title: "Exports" };

export default function Page() {
  return <Exports />;
}
