import ErasurePage from "@/screens/erasures/erasure";

export const metadata = { title: "Erasure" };
export const generateStaticParams = () => [{ erasure: "_" }];

export default function Page() {
  return <ErasurePage />;
}
