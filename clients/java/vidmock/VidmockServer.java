package vidmock;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A vidmock server for tests: a process of its own on a free port, or one that runs already. JDK 11, nothing else. */
public final class VidmockServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Pattern ADDRESS = Pattern.compile("^vidmock is at (http://\\S+)");
    private static final Pattern MEMBER = Pattern.compile(
            "\"([^\"\\\\]*+)\": \"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|(.))");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(HttpClient.Builder.NO_PROXY)
            .connectTimeout(PATIENCE)
            .build();
    private final String program;
    private final String url;
    private final String token;
    private final Process process;
    private final Thread atExit;

    private VidmockServer(String program, String url, String token, Process process, Thread atExit) {
        this.program = program;
        this.url = url.replaceAll("/+$", "");
        this.token = token;
        this.process = process;
        this.atExit = atExit;
    }

    /**
     * Start {@code vidmock serve} with more options, such as {@code "--clock", "manual"}. It ends with this JVM, also
     * where that is killed.
     */
    public static VidmockServer start(String... options) throws IOException {
        return start(ownProgram(), options);
    }

    /** Start the server of this program, if it is neither on the path nor in {@code VIDMOCK_COMMAND}. */
    public static VidmockServer start(Path program, String... options) throws IOException {
        return start(program.toString(), options);
    }

    /** The server at this address, which {@code close} leaves alone. A container asks for a token, others for "". */
    public static VidmockServer at(String url, String token) {
        return new VidmockServer(ownProgram(), url, token, null, null);
    }

    /** The address, {@code http://127.0.0.1:PORT}. */
    public String url() {
        return url;
    }

    /** What leads a program that a test starts to this server; options are those of {@code vidmock env}. */
    public Map<String, String> environment(String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of(program, "env", "--shell", "json", "--url", url));
        words.addAll(List.of(options));
        Process asked = launch(new ProcessBuilder(words));
        asked.getOutputStream().close();
        String json = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String wrong = new String(asked.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!ended(asked) || asked.exitValue() != 0) {
            throw new IOException("vidmock env: " + wrong.trim());
        }
        Map<String, String> environment = new LinkedHashMap<>();
        Matcher member = MEMBER.matcher(json);
        while (member.find()) {
            environment.put(member.group(1), plain(member.group(2)));
        }
        return environment;
    }

    /** Forget all jobs, faults and files, of every key. */
    public void reset() throws IOException {
        control("POST", "/worlds/reset", "{}");
    }

    /** Let time pass, for every key. What is due by then has happened when this returns. */
    public void advance(Duration time) throws IOException {
        control("POST", "/clock/advance", "{\"by\": " + time.toMillis() / 1000.0 + "}");
    }

    /** Ask the control API (docs/control.md): {@code control("PUT", "/clock?key=a", "{\"mode\": \"manual\"}")}. */
    public String control(String method, String path, String json) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + "/_vidmock" + path))
                .timeout(PATIENCE)
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(json));
        if (!token.isEmpty()) {
            request.header("x-vidmock-token", token);
        }
        try {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() >= 300) {
                throw new IOException(method + " " + path + ": " + answer.statusCode() + ": " + answer.body());
            }
            return answer.body();
        } catch (InterruptedException stopped) {
            throw interrupted();
        }
    }

    /** End the server, if it was started here, and wait until it is gone. */
    @Override
    public void close() {
        if (process == null) {
            return;
        }
        end(process);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException late) {
            // The JVM ends, and the hook runs anyway.
        }
    }

    private static VidmockServer start(String program, String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of(program, "serve", "--port", "0", "--until-stdin-closes"));
        words.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        // Its address is what is waited for.
        builder.environment().remove("VIDMOCK_QUIET");
        // The pipe to its standard input stays open until this JVM is gone.
        Process process = launch(builder);
        Thread atExit = new Thread(() -> end(process));
        Runtime.getRuntime().addShutdownHook(atExit);
        CompletableFuture<String> address = new CompletableFuture<>();
        Thread reader = new Thread(() -> read(process, address), "vidmock");
        reader.setDaemon(true);
        reader.start();
        VidmockServer server = new VidmockServer(program, "", "", process, atExit);
        try {
            String url = address.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            server = new VidmockServer(program, url, "", process, atExit);
            server.control("GET", "/health", "");
            return server;
        } catch (ExecutionException said) {
            server.close();
            throw new IOException(said.getCause().getMessage());
        } catch (TimeoutException late) {
            server.close();
            throw new IOException("vidmock serve has not said its address for " + PATIENCE.toSeconds() + " s");
        } catch (InterruptedException stopped) {
            server.close();
            throw interrupted();
        } catch (IOException unwell) {
            server.close();
            throw unwell;
        }
    }

    private static String ownProgram() {
        String named = System.getenv("VIDMOCK_COMMAND");
        return named == null || named.isEmpty() ? "vidmock" : named;
    }

    private static Process launch(ProcessBuilder builder) throws IOException {
        try {
            return builder.start();
        } catch (IOException error) {
            String program = builder.command().get(0);
            throw new IOException(program + " cannot be started (" + error.getMessage() + "): type export "
                    + "VIDMOCK_COMMAND=/path/to/vidmock, or VidmockServer.start(Path.of(\"/path/to/vidmock\"))",
                    error);
        }
    }

    /** Read all that the server says, to its end, so that it never waits for a reader. */
    private static void read(Process process, CompletableFuture<String> address) {
        StringBuilder said = new StringBuilder();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher found = ADDRESS.matcher(line);
                if (found.find()) {
                    address.complete(found.group(1));
                }
                if (!address.isDone() && said.length() < 2000) {
                    said.append(line).append('\n');
                }
            }
        } catch (IOException closed) {
            // It has ended, which is said below.
        }
        address.completeExceptionally(new IOException("vidmock serve has ended: " + said.toString().trim()));
    }

    private static void end(Process process) {
        process.destroy();
        if (!ended(process)) {
            process.destroyForcibly();
            ended(process);
        }
    }

    private static boolean ended(Process process) {
        try {
            return process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static IOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while vidmock was waited for");
    }

    /** A JSON string's text without its escapes. */
    private static String plain(String text) {
        return ESCAPE.matcher(text).replaceAll(
                escape -> Matcher.quoteReplacement(unescaped(escape.group(1), escape.group(2))));
    }

    private static String unescaped(String digits, String letter) {
        if (digits != null) {
            return String.valueOf((char) Integer.parseInt(digits, 16));
        }
        int place = "bfnrt".indexOf(letter);
        return place < 0 ? letter : String.valueOf("\b\f\n\r\t".charAt(place));
    }
}
