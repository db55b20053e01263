"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ComponentProps, type ReactNode, useState } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";

type DialogProps = {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  about?: ReactNode;
  children: ReactNode;
  actions?: ReactNode;
  width?: "md" | "lg";
  side?: "center" | "right";
};

/** A question that has to be answered first. Escape and the cross close it; the focus goes back to where it was. */
export function Dialog({ isOpen, onClose, title, about, children, actions, width = "md", side = "center" }: DialogProps) {
  const t = useT();
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Content
          {...(about ? {} : { "aria-describedby": undefined })}
          className={cn(
            "fixed z-50 flex flex-col border border-line bg-surface shadow-lift outline-none",
            side === "center"
              ? "top-1/2 left-1/2 max-h-[92dvh] w-[calc(100vw-1.5rem)] -translate-x-1/2 -translate-y-1/2 rounded-xl"
              : "inset-y-0 right-0 w-full",
            width === "md" ? "max-w-lg" : "max-w-3xl",
          )}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-4 pb-3">
            <div className="min-w-0">
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {about && <Radix.Description className="text-sm text-muted">{about}</Radix.Description>}
            </div>
            <Radix.Close aria-label={t("common.close")} className="-mr-1 rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink">
              <X className="size-4" aria-hidden />
            </Radix.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-4">{children}</div>
          {actions && <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{actions}</div>}
        </Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Radix gives the focus back to a trigger of its own, and these dialogs have none. Where it was is asked while this is first drawn: a field that
 * takes the focus by itself has it before any effect runs. */
function Content(props: ComponentProps<typeof Radix.Content>) {
  const [before] = useState(whereTheFocusIs);
  return (
    <Radix.Content
      {...props}
      onCloseAutoFocus={(event) => {
        event.preventDefault();
        if (before?.isConnected) before.focus();
      }}
    />
  );
}

/** The focused element; of an item of a menu, which goes with its menu, the button that opened it. */
function whereTheFocusIs(): HTMLElement | null {
  const focused = document.activeElement;
  const button = focused?.closest('[role="menu"]')?.getAttribute("aria-labelledby");
  return button ? document.getElementById(button) : focused instanceof HTMLElement ? focused : null;
}
