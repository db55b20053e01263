import VerifyEmail from "@/screens/entry/verify-email";

export const metadata = { title: "Confirm your address" };

export default function Page() {
  return <VerifyEmail />;
}
