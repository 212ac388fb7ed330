"""Does what modules must not: "cause" names none, "ids" draws a new id each
time, "forgets" keeps its place in memory alone, "hammers" asks without a pause,
"elsewhere" asks for what it may not read, "leaves" ends when it is refused."""
import json, os, sys, time, urllib.error, urllib.request

URL, TOKEN, WRONG = os.environ["LINESMAN_URL"], os.environ["LINESMAN_TOKEN"], sys.argv[1]
TYPE = "linesman.part.judged.v1"


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    while True:
        try:
            request = urllib.request.Request(URL + path, data, {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"}, method=method)
            return json.load(urllib.request.urlopen(request, timeout=60))
        except (OSError, ValueError) as err:
            if WRONG == "leaves":
                sys.exit(f"{method} {path}: {err}")
            if isinstance(err, urllib.error.HTTPError) and err.code < 429:
                return {}
            time.sleep(0.001 if WRONG == "hammers" else 0.3)


def name(cause):
    random = os.urandom(6).hex()
    return cause[:24] + random if WRONG == "ids" else cause[:-4] + "%04x" % (int(cause[-4:], 16) ^ 0xffff)


done = call("GET", "/api/v1/cursors/wrong")["seq"]
if WRONG == "forgets":
    done = call("GET", f"/api/v1/events?type={TYPE}&newest=true&limit=1")["events"]
    done = done[0]["seq"] if done else "0"
while True:
    page = call("GET", f"/api/v1/events?type={TYPE}&after={done}&wait=20s")
    if WRONG == "elsewhere":
        call("POST", "/api/v1/events", {"specversion": "1.0", "id": name(page["events"][0]["id"]), "type": "linesman.line.held.v1",
                                        "time": "2026-01-01T00:00:00Z", "source": "/x", "data": {}} if page["events"] else [])
    for e in page["events"]:
        if e["data"]["outcome"] != "pass":
            said = {"specversion": "1.0", "id": name(e["id"]), "cause": e["id"], "type": "example.rejects.v1",
                    "time": e["time"], "source": e["source"], "data": {}}
            if WRONG == "cause":
                del said["cause"]
            call("POST", "/api/v1/events", said)
    done = page["next"]
    call("PUT", "/api/v1/cursors/wrong", {"seq": done})
