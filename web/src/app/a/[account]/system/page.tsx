import System from "@/screens/system/system";

export const metadata = { title: "System" };

export default function Page() {
  return <System />;
}
