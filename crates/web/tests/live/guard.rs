//! Who may ask, and the headers of answers.

use serde_json::json;

use crate::browser::Live;

#[test]
fn only_the_page_of_this_server_may_ask() {
    let live = Live::start();
    let (host, token) = (live.host.clone(), live.token.clone());
    let port = host.rsplit_once(':').unwrap().1;
    let own = format!("Host: {host}\r\n");
    let refused = [
        ("/", own.clone(), "another token"),
        ("/events", own.clone(), "another token"),
        ("/0123456789abcdef0123456789abcdef/", own.clone(), "another token"),
        (&format!("/{}/choices", &token[..31]), own.clone(), "another token"),
        (&format!("/{token}0/choices"), own.clone(), "another token"),
        (&format!("/%2e%2e/{token}/"), own.clone(), "another token"),
        (&format!("/{token}/"), String::new(), "under this name"),
        (&format!("/{token}/"), format!("Host: evil.example:{port}\r\n"), "under this name"),
        (&format!("/{token}/"), "Host: 127.0.0.1:1\r\n".to_string(), "under this name"),
        (&format!("/{token}/"), format!("{own}Host: {host}\r\n"), "under this name"),
        (&format!("/{token}/"), format!("{own}Origin: http://evil.example\r\n"), "another page asked"),
        (&format!("/{token}/"), format!("{own}Origin: null\r\n"), "another page asked"),
        (&format!("/{token}/"), format!("{own}Origin: https://{host}\r\n"), "another page asked"),
        (&format!("/{token}/"), format!("{own}Origin: http://localhost:{port}\r\n"), "another page asked"),
        (
            &format!("/{token}/"),
            format!("{own}Origin: http://{host}\r\nOrigin: http://evil.example\r\n"),
            "another page asked",
        ),
    ];
    for (path, headers, why) in refused {
        for method in ["GET", "POST"] {
            let answer = live.send(method, path, &headers, b"");
            // What is no HTTP at all never reaches the program.
            assert!([403, 400].contains(&answer.status), "{method} {path} {headers}: {}", answer.head);
            if answer.status == 403 {
                assert!(answer.body.contains(why) && answer.body.contains("Next step: "), "{}", answer.body);
                assert!(!answer.body.contains(&token));
            }
        }
    }
    for headers in
        [own.clone(), format!("{own}Origin: http://{host}\r\n"), format!("Host: localhost:{port}\r\n")]
    {
        assert_eq!(live.send("GET", &format!("/{token}/"), &headers, b"").status, 200, "{headers}");
    }
    let moved = live.send("GET", &format!("/{token}"), &own, b"");
    assert!(moved.status == 308 && moved.head.contains(&format!("location: /{token}/")), "{}", moved.head);
}

#[test]
fn every_answer_forbids_frames_caches_and_files_from_elsewhere() {
    let live = Live::start();
    let pages = ["", "app.js", "live.css", "looks.js", "choices", "nothing", "stored/of/simplenn", "runs/9"];
    for path in pages {
        let answer = live.get(path);
        for header in [
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';",
            "frame-ancestors 'none'",
            "cross-origin-opener-policy: same-origin",
        ] {
            assert!(answer.head.contains(header), "{path}: expected {header} in {}", answer.head);
        }
    }
    // All that the page asks for is there, and it asks for nothing of another server.
    let page = live.get("").body;
    assert!(
        !page.contains("http://")
            && !page.contains("https://")
            && !page.contains("style=")
            && !page.contains("onclick")
    );
    let named = page.split(['"', '\'']).filter(|word| word.ends_with(".js") || word.ends_with(".css"));
    let mut files: Vec<String> = named.map(str::to_string).collect();
    let mut seen = 0;
    while seen < files.len() {
        let answer = live.get(&files[seen]);
        assert_eq!(answer.status, 200, "{}", files[seen]);
        for line in answer.body.lines().filter(|line| line.starts_with("import ")) {
            let name = line.rsplit('"').nth(1).unwrap().trim_start_matches("./").to_string();
            if !files.contains(&name) {
                files.push(name);
            }
        }
        seen += 1;
    }
    assert!(files.len() >= 9, "{files:?}");
}

#[test]
fn mistakes_are_answered_with_the_problem_and_the_next_step() {
    let live = Live::start();
    let run = |body| live.post("runs", &body);
    let long = "x".repeat(10_000);
    for (answer, status, error, hint) in [
        (run(json!({ "task": "simplen", "recipes": "sgd" })), 400, "did you mean `simplenn`?", "choose one"),
        (
            run(json!({ "task": "simplenn:mnst", "recipes": "sgd" })),
            400,
            "unknown data set `mnst`",
            "choose one",
        ),
        (run(json!({ "task": "simplenn", "recipes": "sdg" })), 400, "did you mean `sgd`?", "expected one of"),
        (run(json!({ "task": "simplenn", "recipes": "sgd lr=-1" })), 400, "^^^^^", ""),
        (run(json!({ "task": "simplenn", "recipes": "" })), 400, "1 to 24 recipes, found 0", "such as"),
        (run(json!({ "task": "simplenn", "recipes": "sgd;".repeat(25) })), 400, "found 25", "such as"),
        (
            run(json!({ "task": "simplenn", "recipes": "sgd", "epochs": 0 })),
            400,
            "1 to 100000 epochs",
            "change it",
        ),
        (run(json!({ "task": "simplenn", "recipes": "sgd", "seed": "-1" })), 400, "found `-1`", "such as 0"),
        (
            run(json!({ "task": "simplenn", "recipes": "sgd", "pace": 0 })),
            400,
            "a pace of 0.1",
            "leave it out",
        ),
        (
            run(json!({ "task": "simplenn", "recipes": "sgd", "hue": 1 })),
            400,
            "unknown field",
            "load the page",
        ),
        (run(json!({ "task": long, "recipes": "sgd" })), 400, "unknown task", "choose one"),
        (live.post_bytes("runs", b"{"), 400, "expected JSON", "load the page"),
        (live.post("runs/99", &json!({ "do": "pause" })), 404, "unknown run 99", "load the page"),
        (live.get("stored/run/abcdef"), 404, "unknown run `abcdef`", "choose one"),
        (
            live.post("race", &json!({ "function": "rosenbroc", "recipes": ["sgd"] })),
            400,
            "did you mean `rosenbrock`?",
            "lists",
        ),
        (
            live.post("race", &json!({ "function": "booth", "recipes": ["sgd"], "steps": 9999 })),
            400,
            "1 to 2000 steps",
            "change it",
        ),
        (live.post("studies", &json!({ "text": "name = 1" })), 400, "line 1, column 8", "`name`"),
        (live.get("studies/7/page"), 404, "unknown study 7", "load the page"),
        (live.get("nothing"), 404, "unknown address", "open"),
    ] {
        let told = answer.json();
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(told["error"].as_str().unwrap().contains(error), "expected {error} in {}", answer.body);
        assert!(told["hint"].as_str().unwrap().contains(hint), "expected {hint} in {}", answer.body);
    }
    // A request of a megabyte is not read.
    assert_eq!(live.post_bytes("runs", &vec![b' '; 1 << 20]).status, 413);
}
