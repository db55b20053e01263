import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import type { ButtonHTMLAttributes, ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { Link } from "@/platform/router";

export const buttonLook = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors select-none disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      kind: {
        primary: "bg-accent text-accent-ink hover:bg-accent/90",
        plain: "border border-line bg-surface text-ink hover:bg-sunken",
        quiet: "text-ink hover:bg-sunken",
        danger: "bg-bad text-surface hover:bg-bad/90",
      },
      size: { md: "h-9 px-3.5 text-sm", sm: "h-7 px-2.5 text-[13px]", icon: "size-9", "icon-sm": "size-7" },
    },
    defaultVariants: { kind: "plain", size: "md" },
  },
);

type Look = VariantProps<typeof buttonLook>;
type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & Look & { isBusy?: boolean };

/** A button. While `isBusy` it turns, keeps its width, and cannot be pressed again. */
export function Button({ kind, size, isBusy = false, className, children, disabled, type = "button", ...props }: ButtonProps) {
  return (
    <button
      {...props}
      type={type}
      disabled={disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={cn(buttonLook({ kind, size }), className)}
    >
      {isBusy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

/** A link that looks like a button: for what leads somewhere rather than does something. */
export function ButtonLink({ kind, size, className, ...props }: ComponentProps<typeof Link> & Look) {
  return <Link {...props} className={cn(buttonLook({ kind, size }), className)} />;
}
