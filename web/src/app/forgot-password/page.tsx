import ForgotPassword from "@/screens/entry/forgot-password";

export const metadata = { title: "Forgotten password" };

export default function Page() {
  return <ForgotPassword />;
}
