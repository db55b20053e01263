"""The bare handler: FastAPI over SQLite, no caller, no checks, no trail.   run.py DB PORT

DB has ``rows(path TEXT PRIMARY KEY, doc TEXT)``: for each address the JSON that is answered. A handler reads the row, parses it and returns it, as
handlers do.
"""

import json
import sqlite3
import sys
import threading

import uvicorn
from fastapi import FastAPI, HTTPException

app, local, database = FastAPI(), threading.local(), sys.argv[1]


def find(path: str) -> dict:
    if not hasattr(local, "db"):
        local.db = sqlite3.connect(database)
    row = local.db.execute("SELECT doc FROM rows WHERE path = ?", (path,)).fetchone()
    if row is None:
        raise HTTPException(404)
    return json.loads(row[0])


@app.get("/v2/{kind}")
def things(kind: str) -> dict:
    return find(f"/v2/{kind}")


@app.get("/v2/{kind}/{thing}")
def thing(kind: str, thing: str) -> dict:
    return find(f"/v2/{kind}/{thing}")


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="warning")
