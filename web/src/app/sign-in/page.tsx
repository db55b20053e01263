import SignIn from "@/screens/entry/sign-in";

export const metadata = { title: "Sign in" };

export default function Page() {
  return <SignIn />;
}
