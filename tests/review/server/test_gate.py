from labelfix.review.server.gate import MOST_BODY_BYTES, POLICY

NO_COOKIE = {"cookie": None}


def test_token__gives_a_cookie_that_scripts_and_other_sites_do_not_have(client):
    answer = client.get("/?token=the-token", headers=NO_COOKIE)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("labelfix-4321=the-token;")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()


def test_request__without_the_cookie_is_refused(client):
    for path in ("/", "/image/0", "/static/review.js", "/api/queue", "/nothing"):
        assert client.get(path, headers=NO_COOKIE).status == 403
        assert client.get(path, headers={"cookie": "labelfix-4321=other"}).status == 403
        assert client.get(path, headers={"cookie": "labelfix-1=the-token"}).status == 403
        assert client.get(f"{path}?token=other", headers=NO_COOKIE).status == 403


def test_token__opens_the_page_alone(client):
    assert client.get("/api/queue?token=the-token", headers=NO_COOKIE).status == 403


def test_request__of_another_host_or_page_is_refused(client):
    for headers in (
        {"host": "evil.example:4321"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:4321@evil.example"},
        {"host": None},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert (headers, client.get("/", headers=headers).status) == (headers, 403)
    assert client.get("/", headers={"sec-fetch-site": "same-origin"}).status == 200


def test_request__through_a_tunnel_to_another_port_is_answered(client):
    own = {"host": "localhost:8080", "origin": "http://localhost:8080"}
    assert client.get("/", headers=own).status == 200


def test_post__needs_the_origin_of_this_server_and_json(client):
    assert client.post("/api/undo", {"reviewer": "ann"}).status == 200
    assert client.post("/api/undo", {"reviewer": "ann"}, {"origin": None}).status == 403
    form = {"content-type": "text/plain"}
    assert client.post("/api/undo", {"reviewer": "ann"}, form).status == 400


def test_request__of_another_method_is_refused(client):
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert client.ask(method, "/").status == 405


def test_body__that_is_too_large_is_refused_whatever_its_length_says(client):
    sent = {"origin": "http://127.0.0.1:4321", "content-type": "application/json"}
    said = {**sent, "content-length": str(MOST_BODY_BYTES + 1)}
    assert client.ask("POST", "/api/decide", b"{}", said).status == 413
    chunks = [b" " * 100_000] * (MOST_BODY_BYTES // 100_000 + 1)
    assert client.ask("POST", "/api/decide", headers=sent, chunks=chunks).status == 413
    assert client.ask("POST", "/api/decide", b"", {**sent, "content-length": "x"}).status == 400


def test_answer__has_the_policy(client):
    for path in ("/", "/static/review.css", "/api/queue", "/nothing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "'unsafe" not in POLICY
