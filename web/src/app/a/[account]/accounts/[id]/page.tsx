import AccountPage from "@/screens/accounts/account";

export const metadata = { title: "Account" };
export const generateStaticParams = () => [{ id: "_" }];

export default function Page() {
  return <AccountPage />;
}
