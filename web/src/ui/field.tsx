import { ChevronDown } from "lucide-react";
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from "react";
import { cn } from "@/lib/cn";

const box =
  "w-full rounded-md border border-line-strong/60 bg-surface text-ink placeholder:text-muted/80 hover:border-line-strong disabled:opacity-60 aria-invalid:border-bad";

type Said = { label: ReactNode; hint?: ReactNode; error?: string | null; isLabelHidden?: boolean };

function Field({ label, hint, error, isLabelHidden, id, children }: Said & { id: string; children: ReactNode }) {
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] content-start gap-1">
      <label htmlFor={id} className={cn("text-sm font-medium", isLabelHidden && "sr-only")}>
        {label}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="text-[13px] text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-[13px] text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

const described = (id: string, { hint, error }: Said) =>
  [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;

/** A labelled text field. `error` is what the API said of it. */
export function TextField({ label, hint, error, isLabelHidden, className, ...props }: Said & InputHTMLAttributes<HTMLInputElement>) {
  const made = useId();
  const id = props.id ?? made;
  return (
    <Field {...{ label, hint, error, isLabelHidden, id }}>
      <input
        {...props}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={described(id, { label, hint, error })}
        className={cn(box, "h-9 px-3 text-sm", className)}
      />
    </Field>
  );
}

export function TextArea({ label, hint, error, isLabelHidden, className, ...props }: Said & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const made = useId();
  const id = props.id ?? made;
  return (
    <Field {...{ label, hint, error, isLabelHidden, id }}>
      <textarea
        {...props}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={described(id, { label, hint, error })}
        className={cn(box, "min-h-20 px-3 py-2 text-sm", className)}
      />
    </Field>
  );
}

/** A choice of a few: the browser's own list, which every keyboard and screen reader knows. */
export function Select({
  label,
  hint,
  error,
  isLabelHidden,
  className,
  children,
  ...props
}: Said & SelectHTMLAttributes<HTMLSelectElement>) {
  const made = useId();
  const id = props.id ?? made;
  return (
    <Field {...{ label, hint, error, isLabelHidden, id }}>
      <span className="relative block">
        <select
          {...props}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={described(id, { label, hint, error })}
          className={cn(box, "h-9 appearance-none pr-8 pl-3 text-sm", className)}
        >
          {children}
        </select>
        <ChevronDown aria-hidden className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-muted" />
      </span>
    </Field>
  );
}

/** Yes or no, with what it means beside it. */
export function Check({
  label,
  hint,
  className,
  ...props
}: { label: ReactNode; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const made = useId();
  const id = props.id ?? made;
  return (
    <div className={cn("flex items-start gap-2.5", className)}>
      <input
        {...props}
        type={props.type ?? "checkbox"}
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-4.5 shrink-0 accent-accent"
      />
      <div>
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-[13px] text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
