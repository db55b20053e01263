import Snapshots from "@/screens/snapshots/snapshots";

export const metadata = { title: "Snapshots" };

export const generateStaticParams = () => [{ source: "_" }];

export default function Page() {
  return <Snapshots />;
}
