import Report from "@/screens/report/report";

export const metadata = { title: "Protection report" };

export default function Page() {
  return <Report />;
}
