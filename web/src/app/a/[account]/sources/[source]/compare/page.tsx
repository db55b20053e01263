import Compare from "@/screens/compare/compare";

export const metadata = { title: "Compare" };
export const generateStaticParams = () => [{ source: "_" }];

export default function Page() {
  return <Compare />;
}
