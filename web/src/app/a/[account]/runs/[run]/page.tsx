import OneRun from "@/screens/runs/run";

export const metadata = { title: "Run" };
export const generateStaticParams = () => [{ run: "_" }];

export default function Page() {
  return <OneRun />;
}
