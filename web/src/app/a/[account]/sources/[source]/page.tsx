import OneSource from "@/screens/sources/source";

export const metadata = { title: "Source" };
export const generateStaticParams = () => [{ source: "_" }];

export default function Page() {
  return <OneSource />;
}
