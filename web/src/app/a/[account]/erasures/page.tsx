import Erasures from "@/screens/erasures/erasures";

export const metadata = { title: "Erasures" };

export default function Page() {
  return <Erasures />;
}
