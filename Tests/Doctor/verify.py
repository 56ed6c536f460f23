#!/usr/bin/env python3
"""Check the cases in Cases/ against real proxies.

For every case folder this script
  1. runs `nginx -t` on nginx.conf and fixed.conf,
  2. starts the proxies and the backend of the case on free loopback ports,
     sends the requests of probe.json and compares what is seen with what the
     case says should be seen, once in the broken and once in the repaired state.

Ports written in the case files (18080, 19001 ...) are replaced in a private copy,
so runs do not disturb each other. Only processes started here are stopped, by pid.

  verify.py                 all cases
  verify.py 012 044         some cases
  verify.py --record        also write observed_broken / observed_fixed into case.json
  verify.py --jobs 8        how many cases at once (default 8)

Needs Python 3.9+, openssl and nginx; haproxy, apache2 and caddy for a few cases
(a case whose proxy is missing is reported as "skipped").
"""
import argparse
import concurrent.futures
import fnmatch
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness import backend as backend_module  # noqa: E402
from harness import client  # noqa: E402

PORTS = ["18080", "18081", "18082", "18090", "18443", "18444",
         "19001", "19002", "19003", "19004", "19012"]
TEXT_SUFFIXES = {".conf", ".cfg", ".json", ".inc", ".map", ""}
PROGRAMS = {"nginx": ["nginx"], "haproxy": ["haproxy"], "apache": ["apache2", "httpd"], "caddy": ["caddy"]}
CASE_LIMIT_S = 150


_next_port, _port_lock = random.randrange(21000, 27000), threading.Lock()


def own_port():
    """A free port below the range the system hands out by itself."""
    global _next_port
    with _port_lock:
        while True:
            _next_port = 21000 if _next_port >= 31900 else _next_port + 1
            with socket.socket() as trial:
                try:
                    trial.bind(("127.0.0.1", _next_port))
                    return str(_next_port)
                except OSError:
                    continue


def program(kind):
    for name in PROGRAMS[kind]:
        for folder in (None, "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"):
            found = shutil.which(name, path=folder)
            if found:
                return found
    return None


# ---- a private copy of one case -------------------------------------------------
class Workplace:
    """A temporary copy of a case with its ports replaced and certificates made."""

    def __init__(self, case_dir):
        probe_file = case_dir / "probe.json"
        probe = json.loads(probe_file.read_text()) if probe_file.exists() else {}
        self.dir = Path(tempfile.mkdtemp(prefix=f"case-{case_dir.name[:3]}-"))
        self.dir.chmod(0o755)
        shutil.copytree(case_dir, self.dir, dirs_exist_ok=True)
        self.ports = {port: own_port() for port in PORTS}
        for path in self.dir.rglob("*"):
            if path.is_file() and (path.suffix in TEXT_SUFFIXES or path.name.endswith("Caddyfile")):
                path.write_text(self.own_ports(path.read_text()))
        for old, new in probe.get("subst", []):
            for path in self.dir.glob("*"):
                if path.is_file() and path.suffix in {".conf", ".cfg", ".inc"}:
                    path.write_text(path.read_text().replace(old, self.own_ports(new)))
        certs = probe.get("certs") or {"cert.pem": ["app.example"]}
        for name, hosts in certs.items():
            make_cert(self.dir / name, self.dir / name.replace("cert", "key"), hosts)

    def own_ports(self, text):
        return re.sub(r"(?<!\d)(" + "|".join(PORTS) + r")(?!\d)", lambda m: self.ports[m.group(1)], text)

    def json(self, *names):
        for name in names:
            path = self.dir / name
            if path.exists():
                return json.loads(path.read_text())
        return {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)


def make_cert(cert, key, hosts):
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-keyout", key, "-out", cert, "-days", "30", "-subj", f"/CN={hosts[0]}",
                    "-addext", f"subjectAltName={names}"],
                   check=True, capture_output=True, timeout=30)
    key.chmod(0o644)


# ---- running proxies --------------------------------------------------------------
def command_for(kind, folder, conf):
    exe = program(kind)
    if kind == "nginx":
        return [exe, "-p", str(folder), "-c", conf, "-g", "daemon off; master_process off;"]
    if kind == "haproxy":
        return [exe, "-db", "-f", str(folder / conf)]
    if kind == "apache":
        return [exe, "-d", str(folder), "-f", conf, "-DFOREGROUND"]
    return [exe, "run", "--config", str(folder / conf), "--adapter", "caddyfile"]


def listens(text):
    found = re.findall(r"(?im)^\s*(?:listen|bind)\s+127\.0\.0\.1:(\d+)", text)
    return found or re.findall(r"127\.0\.0\.1:(\d+)\s*\{", text)


class Proxies:
    def __init__(self, place, items, variant):
        self.running, self.logs = [], []
        for item in items:
            conf = item[variant]
            log = open(place.dir / f"{item['kind']}.{variant}.log", "w+")
            env = dict(os.environ, HOME=str(place.dir), XDG_DATA_HOME=str(place.dir), XDG_CONFIG_HOME=str(place.dir))
            process = subprocess.Popen(command_for(item["kind"], place.dir, conf), stdout=log, stderr=log,
                                       cwd=place.dir, env=env)
            self.running.append(process)
            self.logs.append(log)
            for port in listens((place.dir / conf).read_text()):
                wait_for_port(port, process)

    def stop(self):
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self.logs:
            log.close()

    def words(self):
        text = ""
        for log in self.logs:
            log.flush()
            log.seek(0)
            text += log.read()
        return text


def wait_for_port(port, process, limit=6.0):
    end = time.monotonic() + limit
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", int(port)), timeout=0.3).close()
            return True
        except OSError:
            time.sleep(0.03)
    return False


def start_backends(place, variant):
    spec = place.json(f"backend.{variant}.json", "backend.json")
    if not spec:
        return []
    others = spec.pop("others", {})
    plan = {place.ports["19001"]: spec}
    plan.update({port: cfg for port, cfg in others.items()})
    started = []
    for port, cfg in plan.items():
        if cfg is None or cfg.get("absent"):
            continue
        cert = (place.dir / cfg.get("cert", "cert.pem"), place.dir / cfg.get("key", "key.pem"))
        started.append(backend_module.Backend(int(port), cfg, cert))
    return started


# ---- one case -----------------------------------------------------------------------
def nginx_test(place, conf):
    result = subprocess.run([program("nginx"), "-t", "-p", str(place.dir), "-c", conf],
                            capture_output=True, text=True, timeout=30)
    lines = re.findall(r"\[emerg\] (?:\d+#\d+: )?(.*)", result.stderr)
    return result.returncode == 0, (hide_ports(lines[0], place).replace(str(place.dir) + "/", "") if lines else "")


def observe(place, probe, variant):
    items = probe.get("proxies")
    if items is None:
        items = [{"kind": "nginx", "broken": "nginx.conf", "fixed": "fixed.conf", "healthy": "nginx.conf"}]
    missing = [item["kind"] for item in items if program(item["kind"]) is None]
    if missing:
        return None, f"skipped: no {missing[0]}"
    backends, proxies = start_backends(place, variant), None
    try:
        proxies = Proxies(place, items, variant)
        seen = []
        for step in probe.get(f"steps_{variant}", probe.get("steps", [])):
            seen.append(client.run({key: str(place.dir / value) if key == "verify_ca" else value
                                    for key, value in step.items()}))
        return seen, proxies.words()
    finally:
        if proxies is not None:
            proxies.stop()
        for item in backends:
            item.stop()


def matches(seen, wanted):
    return len(seen) == len(wanted) and all(fnmatch.fnmatchcase(s, w) for s, w in zip(seen, wanted))


def verify(case_dir):
    """Return a dictionary with what was found; never raises."""
    found = {"id": case_dir.name, "problems": [], "observed": {}, "nginx_t": {}, "dynamic": False}
    try:
        case = json.loads((case_dir / "case.json").read_text())
        probe_file = case_dir / "probe.json"
        wanted = json.loads(probe_file.read_text()).get("expect", {}) if probe_file.exists() else {}
        with Workplace(case_dir) as place:
            check_syntax(case, place, found)
        for variant in (["broken", "fixed"] if case["expected_causes"] else ["healthy"]):
            if variant in wanted:
                with Workplace(case_dir) as place:
                    compare(place, variant, wanted[variant], found)
    except Exception as err:  # one unusable case must not stop the others
        found["problems"].append(f"{type(err).__name__}: {err}")
    return found


def compare(place, variant, wanted, found):
    seen, words = observe(place, place.json("probe.json"), variant)
    if seen is None:
        found["observed"][variant] = words
        return
    seen = [hide_ports(item, place) for item in seen]
    found["observed"][variant] = "; ".join(seen)
    found["dynamic"] = True
    if not matches(seen, wanted):
        found["problems"].append(f"{variant}: saw {seen}, wanted {wanted}\n      {words[-600:]}")


def check_syntax(case, place, found):
    for conf in ("nginx.conf", "fixed.conf"):
        if not (place.dir / conf).exists():
            continue
        good, message = nginx_test(place, conf)
        found["nginx_t"][conf] = True if good else message
        expected = case.get("loadable", True) or conf == "fixed.conf"
        if good != expected:
            found["problems"].append(f"nginx -t {conf}: {'loads' if good else message}")


def hide_ports(text, place):
    for base, real in place.ports.items():
        text = text.replace(real, base)
    return text


def record(case_dir, found):
    path = case_dir / "case.json"
    case = json.loads(path.read_text())
    seen = found["observed"]
    if not case["expected_causes"]:
        case["observed_healthy"] = seen.get("healthy")
    else:
        case["observed_broken"] = seen.get("broken")
        case["observed_fixed"] = seen.get("fixed")
    if found["nginx_t"].get("nginx.conf") not in (True, None) and not case.get("loadable", True):
        case["observed_broken"] = found["nginx_t"]["nginx.conf"]
    case["verified"] = ("dynamic" if found["dynamic"] else "static" if found["nginx_t"] else "none")
    if found["dynamic"] and case["expected_causes"] and not case["observed_broken"]:
        case["verified"] = "fixed state only"
    if found["problems"]:
        case["verified"] = "failed"
    path.write_text(json.dumps(case, indent=2, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--jobs", type=int, default=8)
    options = parser.parse_args()
    folders = sorted(path.parent for path in (HERE / "Cases").glob("*/case.json"))
    if options.ids:
        folders = [f for f in folders if any(f.name.startswith(i) for i in options.ids)]
    if program("nginx") is None:
        sys.exit("nginx is not installed")
    bad = dynamic = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(verify, folder): folder for folder in folders}
        for job in concurrent.futures.as_completed(jobs, timeout=CASE_LIMIT_S * max(1, len(folders))):
            found, folder = job.result(), jobs[job]
            dynamic += found["dynamic"]
            bad += bool(found["problems"])
            line = " | ".join(f"{k}: {v}" for k, v in found["observed"].items()) or str(found["nginx_t"])
            print(("FAIL " if found["problems"] else "ok   ") + found["id"], "-", line, flush=True)
            for problem in found["problems"]:
                print("      " + problem, flush=True)
            if options.record:
                record(folder, found)
    print(f"{len(folders)} cases, {dynamic} checked dynamically, {bad} with problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
