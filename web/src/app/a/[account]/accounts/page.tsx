import Accounts from "@/screens/accounts/accounts";

export const metadata = { title: "Accounts" };

export default function Page() {
  return <Accounts />;
}
