import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes a video at RunPod's own address with the JDK's clients as they are, and asks a host that is not emulated. */
public class Led {
  public static void main(String[] arguments) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    URI endpoint = URI.create("https://api.runpod.ai/v2/kling-video-o1-r2v/runsync");
    String input = "{\"input\": {\"prompt\": \"a kite\", \"images\": [\"https://pictures.example/kite.png\"]}}";
    HttpRequest.Builder submit = HttpRequest.newBuilder(endpoint).POST(HttpRequest.BodyPublishers.ofString(input));
    submit.header("Content-Type", "application/json").header("Authorization", "Bearer java");
    String answer = client.send(submit.build(), BodyHandlers.ofString()).body();
    Matcher url = Pattern.compile("\"video_url\":\\s*\"([^\"]+)\"").matcher(answer);
    if (!url.find()) {
      throw new IllegalStateException(answer);
    }
    HttpURLConnection video = (HttpURLConnection) URI.create(url.group(1)).toURL().openConnection();
    System.out.println(url.group(1) + " " + video.getResponseCode());
    URI socket = URI.create("wss://ws-api.runware.ai/v1");
    client.newWebSocketBuilder().buildAsync(socket, new WebSocket.Listener() {}).join().abort();
    System.out.println("a WebSocket was opened");
    try {
      client.send(HttpRequest.newBuilder(URI.create("https://example.com/")).build(), BodyHandlers.discarding());
    } catch (java.io.IOException refusal) {
      System.out.println(refusal.getMessage());
    }
    System.exit(0);
  }
}
