import NewSource from "@/screens/sources/new-source";

export const metadata = { title: "New source" };

export default function Page() {
  return <NewSource />;
}
