module vidmock.test/vidmock

go 1.19
