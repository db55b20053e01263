import Overview from "@/screens/overview/overview";

export const generateStaticParams = () => [{ source: "_" }];
export default function Page() {
  return <Overview />;
}
