import Search from "@/screens/search/search";

export const metadata = { title: "Search" };

export default function Page() {
  return <Search />;
}
