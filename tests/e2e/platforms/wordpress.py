"""WordPress (GPL-2.0, Debian's package) on PHP's own web server, with a private MariaDB reached by a socket file only."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from application import cannot, kill, main, need, run, spawn, wait_for

CODE = Path("/usr/share/wordpress")
PACKAGES = ["mariadb-server", "php-cli", "php-mysql", "php-curl", "php-xml", "php-mbstring", "wordpress"]
SALTS = ["AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY", "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT"]

SETUP = r"""<?php
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1';
require $argv[1] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
if (!is_blog_installed()) { wp_install('Peer', 'admin', 'admin@example.test', false, '', 'adminpass'); }
update_option('permalink_structure', '');
$admin = get_user_by('login', 'admin');
list($password) = WP_Application_Passwords::create_new_application_password($admin->ID, ['name' => 'backup']);
echo $password;
"""


def install() -> None:
    """Debian's packages, if they are not there and we may; about a minute."""
    if CODE.exists() and shutil.which("php") and shutil.which("mariadbd"):
        return
    need("apt-get")
    if os.geteuid() != 0:
        cannot("WordPress needs Debian packages, and only root may install them: " + " ".join(PACKAGES))
    log = Path("/tmp/listbackup-wordpress-install.log")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", log=log, env=quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES, log=log, env=quiet)


def start(state: Path, port: int) -> Mapping[str, str]:
    """A fresh or existing site in ``state``."""
    if not CODE.exists():
        cannot("WordPress is not installed: run this script with `install` first")
    need("php", "mariadbd", "mariadb", "mariadb-install-db")
    socket = _database(state)
    site = state / "site"
    if not site.exists():
        shutil.copytree(CODE, site)
        (site / "wp-config.php").unlink(missing_ok=True)
    (site / "wp-config.php").write_text(_configuration(socket, port))
    server = ("php", "-d", "sendmail_path=/bin/true", "-S", f"127.0.0.1:{port}", "-t", site)
    spawn("php", *server, state=state, env={"PHP_CLI_SERVER_WORKERS": "3"})
    wait_for(f"http://127.0.0.1:{port}/wp-admin/install.php")
    password = state / "application-password"
    if not password.exists():
        (state / "setup.php").write_text(SETUP)
        command = ["php", "-d", "sendmail_path=/bin/true", str(state / "setup.php"), str(site)]
        password.write_text(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    return {"url": f"http://127.0.0.1:{port}", "user": "admin", "password": password.read_text()}


def _database(state: Path) -> Path:
    folder, socket = state / "db", state / "db.sock"
    if len(str(socket)) > 100:
        cannot("the state folder's path is too long for a socket file")
    options = ("--no-defaults", f"--datadir={folder}", *(("--user=root",) if os.geteuid() == 0 else ()))
    if not (folder / "mysql").exists():
        run("mariadb-install-db", *options, "--auth-root-authentication-method=normal", "--skip-test-db", log=state / "db-install.log")
    spawn("mariadb", "mariadbd", *options, f"--socket={socket}", "--skip-networking", "--innodb-buffer-pool-size=64M", state=state)
    client = ["mariadb", "--no-defaults", "-uroot", "-S", str(socket), "-e", "create database if not exists wp character set utf8mb4"]
    for _ in range(150):
        if subprocess.run(client, capture_output=True).returncode == 0:
            return socket
        time.sleep(0.2)
    cannot("MariaDB did not start within 30 s")
    raise AssertionError


def _configuration(socket: Path, port: int) -> str:
    constants = {
        "DB_NAME": "wp",
        "DB_USER": "root",
        "DB_PASSWORD": "",
        "DB_HOST": f"localhost:{socket}",
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "WP_ENVIRONMENT_TYPE": "local",  # application passwords over plain http
        "WP_HOME": f"http://127.0.0.1:{port}",
        "WP_SITEURL": f"http://127.0.0.1:{port}",
        **{salt: hashlib.sha256(f"{salt}{socket}".encode()).hexdigest() for salt in SALTS},
    }
    lines = [f"define('{name}', '{value}');" for name, value in constants.items()]
    lines += [f"define('{name}', true);" for name in ("WP_HTTP_BLOCK_EXTERNAL", "DISABLE_WP_CRON", "AUTOMATIC_UPDATER_DISABLED")]
    ending = "if (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }\nrequire_once ABSPATH . 'wp-settings.php';\n"
    return "<?php\n" + "\n".join(lines) + "\n$table_prefix = 'wp_';\n" + ending


def stop(state: Path) -> None:
    """End PHP and the database."""
    kill("php", state)
    kill("mariadb", state)


if __name__ == "__main__":
    main(install, start, stop)
