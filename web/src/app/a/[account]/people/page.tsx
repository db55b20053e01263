import People from "@/screens/people/people";

export const metadata = { title: "People" };

export default function Page() {
  return <People />;
}
