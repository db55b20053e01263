import Connections from "@/screens/connections/connections";

export const metadata = { title: "Connections" };

export default function Page() {
  return <Connections />;
}
