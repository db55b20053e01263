"""The naive loop: httpx, one page after the other, JSON parsed and written back as lines.   run.py URL OUT"""

import json
import sys

import httpx

url, out = sys.argv[1:3]
count, page = 0, 1
with httpx.Client() as client, open(out + ".jsonl", "w") as lines:
    while True:
        answer = client.get(f"{url}/contacts", params={"page": page, "per_page": 100})
        answer.raise_for_status()
        body = answer.json()
        for record in body["data"]:
            lines.write(json.dumps(record) + "\n")
            count += 1
        if page >= body["total_pages"]:
            break
        page += 1
print(count)
