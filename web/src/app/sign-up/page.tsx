import SignUp from "@/screens/entry/sign-up";

export const metadata = { title: "Create an account" };

export default function Page() {
  return <SignUp />;
}
