<?php
// Loaded by PHP before a program that `vidmock run` starts (auto_prepend_file). Its streams know no proxy but the one in
// their context, so http and https are opened by a wrapper that sets it in every context.
final class VidmockStream
{
    public static string $proxy = '';
    /** @var resource|null */
    public $context;
    /** @var resource */
    private $stream;

    public function stream_open(string $path, string $mode, int $options, ?string &$opened): bool
    {
        $context = $this->context ?? stream_context_get_default();
        $host = strtolower(trim((string) parse_url($path, PHP_URL_HOST), '[]'));
        if (!in_array($host, ['localhost', '127.0.0.1', '::1'], true)) {
            stream_context_set_option($context, 'http', 'proxy', self::$proxy);
        }
        foreach (['http', 'https'] as $scheme) {
            stream_wrapper_restore($scheme);
        }
        // PHP sets this variable where a stream is opened, which is here; the program sees it only where it is global. Its
        // name is not to be written down from 8.5 on, where http_get_last_response_headers() works in any case.
        $headers = 'http_response_header';
        $$headers = [];
        try {
            $stream = fopen($path, $mode, false, $context);
        } finally {
            self::register();
        }
        $GLOBALS[$headers] = $$headers;
        if ($stream === false) {
            return false;
        }
        $this->stream = $stream;
        return true;
    }

    public function stream_read(int $count): string|false
    {
        return fread($this->stream, $count);
    }

    public function stream_write(string $data): int|false
    {
        return fwrite($this->stream, $data);
    }

    public function stream_eof(): bool
    {
        return feof($this->stream);
    }

    /** @return array<int|string, int> */
    public function stream_stat(): array
    {
        return fstat($this->stream) ?: [];
    }

    public function stream_close(): void
    {
        fclose($this->stream);
    }

    public function stream_set_option(int $option, int $first, ?int $second): bool
    {
        return match ($option) {
            STREAM_OPTION_BLOCKING => stream_set_blocking($this->stream, (bool) $first),
            STREAM_OPTION_READ_TIMEOUT => stream_set_timeout($this->stream, $first, $second ?? 0),
            default => false,
        };
    }

    public static function register(): void
    {
        foreach (['http', 'https'] as $scheme) {
            stream_wrapper_unregister($scheme);
            stream_wrapper_register($scheme, self::class, STREAM_IS_URL);
        }
    }
}

if (($url = getenv('VIDMOCK_URL')) !== false) {
    VidmockStream::$proxy = 'tcp://' . substr($url, strlen('http://'));
    VidmockStream::register();
}
unset($url);
