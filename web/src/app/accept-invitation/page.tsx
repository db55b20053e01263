import AcceptInvitation from "@/screens/entry/accept-invitation";

export const metadata = { title: "Invitation" };

export default function Page() {
  return <AcceptInvitation />;
}
