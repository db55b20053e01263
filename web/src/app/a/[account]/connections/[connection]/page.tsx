import OneConnection from "@/screens/connections/connection";

export const metadata = { title: "Connection" };
export const generateStaticParams = () => [{ connection: "_" }];

export default function Page() {
  return <OneConnection />;
}
