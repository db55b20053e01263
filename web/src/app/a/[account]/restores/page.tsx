import Restores from "@/screens/restores/restores";

export const metadata = { title: "Restores" };

export default function Page() {
  return <Restores />;
}
