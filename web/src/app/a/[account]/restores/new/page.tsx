import NewRestore from "@/screens/restores/new-restore";

export const metadata = { title: "New restore" };

export default function Page() {
  return <NewRestore />;
}
