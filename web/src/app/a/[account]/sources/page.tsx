import Sources from "@/screens/sources/sources";

export const metadata = { title: "Sources" };

export default function Page() {
  return <Sources />;
}
