/** Every item of a paged listing, at most `most` of them: for what is sorted or counted as a whole. `isWhole` false: there are more. */
export async function allPages<T>(
  read: (cursor: string | undefined) => Promise<{ items: readonly T[]; next?: string | null } | undefined>,
  most = 2000,
): Promise<{ items: readonly T[]; isWhole: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...(page?.items ?? []));
    cursor = page?.next ?? undefined;
  } while (cursor && items.length < most);
  return { items, isWhole: !cursor };
}
