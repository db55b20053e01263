import RestorePage from "@/screens/restores/restore";

export const metadata = { title: "Restore" };
export const generateStaticParams = () => [{ restore: "_" }];

export default function Page() {
  return <RestorePage />;
}
