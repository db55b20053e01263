import Files from "@/screens/files/files";

export const metadata = { title: "Files" };

export default function Page() {
  return <Files />;
}
