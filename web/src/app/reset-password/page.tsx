import ResetPassword from "@/screens/entry/reset-password";

export const metadata = { title: "Choose a new password" };

export default function Page() {
  return <ResetPassword />;
}
