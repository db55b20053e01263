import ChangeEmail from "@/screens/entry/change-email";

export const metadata = { title: "Confirm the new address" };

export default function Page() {
  return <ChangeEmail />;
}
