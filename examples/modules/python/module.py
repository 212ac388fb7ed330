"""rejects: says when three of the last ten parts of a lane were rejected.

A Linesman module in Python's standard library alone; docs/modules.md walks
through it. Everything it remembers can be read again from the log, so that it
may be killed at any time: what it says twice has the same id, and the log
stores it once.
"""
import collections, hashlib, json, os, random, sys, time
import http.client, urllib.error, urllib.request

URL, TOKEN = os.environ["LINESMAN_URL"].rstrip("/"), os.environ["LINESMAN_TOKEN"]
READS, WRITES, CURSOR = "linesman.part.judged.v1", "example.rejects.v1", "/api/v1/cursors/rejects"
LIMIT, AMONG = 3, 10
recent = collections.deque(maxlen=500)  # (lane, rejected) of the last parts, all lanes together


def call(method, path, body=None):
    """Asks until the appliance answers; ends the module where asking again would not help."""
    data, pause = None if body is None else json.dumps(body).encode(), 0.2
    while True:
        request = urllib.request.Request(URL + path, data, method=method, headers={
            "Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as err:
            if err.code != 429 and err.code < 500:
                sys.exit(f"{method} {path}: {err.code} {err.read().decode()}")
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the connection broke, or the answer did
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(2 * pause, 10)


def name(cause):
    """The id of our answer to an event: a UUIDv7 as old as its cause, the rest drawn from it."""
    h = hashlib.sha256(f"{WRITES} {cause}".encode()).hexdigest()
    return f"{cause[:14]}7{h[:3]}-{'89ab'[int(h[3], 16) % 4]}{h[4:7]}-{h[7:19]}"


def look(event):
    """Takes a part to heart; returns what is to be said about it, or None."""
    lane = (event["source"], event["data"].get("lane"))
    recent.append((lane, event["data"].get("outcome") != "pass"))  # what is not known is no pass
    last = [rejected for l, rejected in recent if l == lane][-AMONG - 1:]
    if not sum(last[-AMONG:]) >= LIMIT > sum(last[:-1][-AMONG:]):
        return None  # too few, or it was said already
    return {"specversion": "1.0", "id": name(event["id"]), "cause": event["id"], "type": WRITES, "time": event["time"],
            "source": event["source"], "subject": event.get("subject", ""), "severity": "medium",
            "data": {"lane": lane[1], "rejects": sum(last[-AMONG:]), "among": len(last[-AMONG:])}}


def run():
    done = int(call("GET", CURSOR)["seq"])
    before = call("GET", f"/api/v1/events?type={READS}&before={done + 1}&newest=true&limit=500")
    for event in reversed(before["events"]):
        look(event)  # was answered before we were stopped
    while True:
        page = call("GET", f"/api/v1/events?type={READS}&after={done}&limit=500&wait=30s")
        out = [said for said in map(look, page["events"]) if said]
        if out:
            call("POST", "/api/v1/events", out)
        if int(page["next"]) != done:  # only now: what was not stored is read again
            done = int(page["next"])
            call("PUT", CURSOR, {"seq": str(done)})


if __name__ == "__main__":
    run()
