import Security from "@/screens/me/security";

export const metadata = { title: "Security" };

export default function Page() {
  return <Security />;
}
