import Profile from "@/screens/me/profile";

export const metadata = { title: "Profile" };

export default function Page() {
  return <Profile />;
}
