// A VFS of SQLite (https://www.sqlite.org/vfs.html) around the system's own,
// which writes down every write, truncation, sync and removal. The structs are
// those of SQLite's public interface, version 3.
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct io_methods io_methods;
typedef struct vfs_file { const io_methods *methods; } vfs_file;
struct io_methods {
	int version;
	int (*close)(vfs_file *);
	int (*read)(vfs_file *, void *, int, int64_t);
	int (*write)(vfs_file *, const void *, int, int64_t);
	int (*truncate)(vfs_file *, int64_t);
	int (*sync)(vfs_file *, int);
	int (*size)(vfs_file *, int64_t *);
	int (*lock)(vfs_file *, int);
	int (*unlock)(vfs_file *, int);
	int (*reserved)(vfs_file *, int *);
	int (*control)(vfs_file *, int, void *);
	int (*sector)(vfs_file *);
	int (*traits)(vfs_file *);
	int (*shm_map)(vfs_file *, int, int, int, void volatile **);
	int (*shm_lock)(vfs_file *, int, int, int);
	void (*shm_barrier)(vfs_file *);
	int (*shm_unmap)(vfs_file *, int);
	int (*fetch)(vfs_file *, int64_t, int, void **);
	int (*unfetch)(vfs_file *, int64_t, void *);
};
typedef struct vfs vfs;
struct vfs {
	int version, file_size, max_path;
	vfs *next;
	const char *name;
	void *data;
	int (*open)(vfs *, const char *, vfs_file *, int, int *);
	int (*remove)(vfs *, const char *, int);
	int (*access)(vfs *, const char *, int, int *);
	int (*full)(vfs *, const char *, int, char *);
	void *(*dl_open)(vfs *, const char *);
	void (*dl_error)(vfs *, int, char *);
	void (*(*dl_sym)(vfs *, void *, const char *))(void);
	void (*dl_close)(vfs *, void *);
	int (*randomness)(vfs *, int, char *);
	int (*sleep)(vfs *, int);
	int (*now)(vfs *, double *);
	int (*error)(vfs *, int, char *);
	int (*now64)(vfs *, int64_t *);
	int (*set_call)(vfs *, const char *, void (*)(void));
	void (*(*get_call)(vfs *, const char *))(void);
	const char *(*next_call)(vfs *, const char *);
};
extern vfs *sqlite3_vfs_find(const char *);
extern int sqlite3_vfs_register(vfs *, int);

static vfs *system_disk;
static vfs disk;
static int trace = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

// A file of ours is followed by the system's own.
typedef struct { vfs_file ours; const char *name; } file;
static vfs_file *real(vfs_file *f) { return (vfs_file *)((file *)f + 1); }

static void note(char kind, const char *name, int64_t at, const void *data, uint32_t size) {
	unsigned char head[17];
	uint32_t length = name ? strlen(name) : 0;
	head[0] = kind;
	memcpy(head + 1, &at, 8);
	memcpy(head + 9, &length, 4);
	memcpy(head + 13, &size, 4);
	pthread_mutex_lock(&turn);
	if (write(trace, head, 17) != 17 || write(trace, name ? name : "", length) != length || (size && write(trace, data, size) != size))
		abort(); // a trace with a hole would prove nothing
	pthread_mutex_unlock(&turn);
}

static int f_close(vfs_file *f) { int rc = real(f)->methods->close(real(f)); free((char *)((file *)f)->name); return rc; }
static int f_read(vfs_file *f, void *p, int n, int64_t at) { return real(f)->methods->read(real(f), p, n, at); }
static int f_write(vfs_file *f, const void *p, int n, int64_t at) {
	int rc = real(f)->methods->write(real(f), p, n, at);
	if (!rc) note('w', ((file *)f)->name, at, p, n);
	return rc;
}
static int f_truncate(vfs_file *f, int64_t n) {
	int rc = real(f)->methods->truncate(real(f), n);
	if (!rc) note('t', ((file *)f)->name, n, 0, 0);
	return rc;
}
static int f_sync(vfs_file *f, int how) {
	int rc = real(f)->methods->sync(real(f), how);
	if (!rc) note('s', ((file *)f)->name, 0, 0, 0);
	return rc;
}
static int f_size(vfs_file *f, int64_t *n) { return real(f)->methods->size(real(f), n); }
static int f_lock(vfs_file *f, int n) { return real(f)->methods->lock(real(f), n); }
static int f_unlock(vfs_file *f, int n) { return real(f)->methods->unlock(real(f), n); }
static int f_reserved(vfs_file *f, int *n) { return real(f)->methods->reserved(real(f), n); }
static int f_control(vfs_file *f, int op, void *p) { return real(f)->methods->control(real(f), op, p); }
static int f_sector(vfs_file *f) { return real(f)->methods->sector(real(f)); }
static int f_traits(vfs_file *f) { (void)f; return 0; } // nothing is promised
static int f_shm_map(vfs_file *f, int a, int b, int c, void volatile **p) { return real(f)->methods->shm_map(real(f), a, b, c, p); }
static int f_shm_lock(vfs_file *f, int a, int b, int c) { return real(f)->methods->shm_lock(real(f), a, b, c); }
static void f_shm_barrier(vfs_file *f) { real(f)->methods->shm_barrier(real(f)); }
static int f_shm_unmap(vfs_file *f, int n) { return real(f)->methods->shm_unmap(real(f), n); }

static const io_methods methods = {
	2, f_close, f_read, f_write, f_truncate, f_sync, f_size, f_lock, f_unlock, f_reserved, f_control, f_sector, f_traits,
	f_shm_map, f_shm_lock, f_shm_barrier, f_shm_unmap, 0, 0};

static int d_open(vfs *v, const char *name, vfs_file *f, int flags, int *out) {
	(void)v;
	memset(f, 0, sizeof(file));
	int rc = system_disk->open(system_disk, name, real(f), flags, out);
	if (real(f)->methods) {
		f->methods = &methods;
		((file *)f)->name = strdup(name ? name : "temporary");
	}
	return rc;
}
static int d_remove(vfs *v, const char *name, int sync) {
	(void)v;
	int rc = system_disk->remove(system_disk, name, sync);
	if (!rc) note('d', name, 0, 0, 0);
	return rc;
}

int powertest_register(const char *path) {
	system_disk = sqlite3_vfs_find(0);
	if (!system_disk || system_disk == &disk) return 1;
	trace = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (trace < 0) return 1;
	disk = *system_disk;
	disk.next = 0;
	disk.name = "powertest";
	disk.file_size = sizeof(file) + system_disk->file_size;
	disk.open = d_open;
	disk.remove = d_remove;
	return sqlite3_vfs_register(&disk, 1);
}

void powertest_mark(long long n) { note('m', 0, n, 0, 0); }
