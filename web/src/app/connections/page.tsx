import Return from "@/screens/connections/return";

export const metadata = { title: "Back from the sign-in page" };

export default function Page() {
  return <Return />;
}
