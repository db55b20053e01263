import Record from "@/screens/record/record";

export const metadata = { title: "Record" };
export const generateStaticParams = () => [{ source: "_" }];

export default function Page() {
  return <Record />;
}
