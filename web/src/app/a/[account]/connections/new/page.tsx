import NewConnection from "@/screens/connections/new-connection";

export const metadata = { title: "Connect a platform" };

export default function Page() {
  return <NewConnection />;
}
